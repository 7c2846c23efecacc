import { z } from "zod";
import { id } from "../http/answers.js";

export const Channel = z.object({ id, name: z.string(), name_en: z.string() }).meta({ id: "Channel" });

export const ChannelList = z
  .object({
    channels: z.array(Channel),
    demo_accounts: z
      .array(z.string())
      .meta({ description: "Accounts to try a site with that runs with its sample." })
      .optional(),
    cover_origins: z
      .array(z.string())
      .meta({ description: "Other sites whose covers the pages show; those of any other are left out." })
      .optional(),
  })
  .meta({ id: "ChannelList" });
