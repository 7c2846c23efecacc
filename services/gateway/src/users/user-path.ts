import { z } from "zod";
import { idText } from "../http/read.js";

export const UserPath = z.object({ id: idText });
export type UserPath = z.output<typeof UserPath>;
