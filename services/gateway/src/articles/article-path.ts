import { z } from "zod";
import { idText } from "../http/read.js";

export const ArticlePath = z.object({ id: idText });
export type ArticlePath = z.output<typeof ArticlePath>;
