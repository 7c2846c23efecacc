import { z } from "zod";
import { count, id, time } from "../http/answers.js";

export const User = z
  .object({
    user_id: id,
    name: z.string(),
    about: z.string(),
    created_at: time,
    article_count: count,
    follower_count: count,
    following_count: count,
    like_received_count: count,
    following: z.boolean().optional().meta({ description: "Whether the signed-in reader follows this user." }),
  })
  .meta({ id: "User" });
export const Following = z.object({ user_id: id, following: z.boolean() }).meta({ id: "Following" });

const token = { token: z.string(), expires_in: count.meta({ description: "Seconds." }) };
export const SignedIn = z
  .object({ user_id: id, name: z.string(), ...token, refresh_token: z.string() })
  .meta({ id: "SignedIn" });
export const Renewed = z.object({ ...token, refresh_token: z.string() }).meta({ id: "Renewed" });
export const SignedOut = z
  .object({ ended: count.meta({ description: "Sign-ins that ended." }) })
  .meta({ id: "SignedOut" });
export const PasswordChanged = z
  .object({ user_id: id, ended: count.meta({ description: "Other sign-ins that ended." }) })
  .meta({ id: "PasswordChanged" });
