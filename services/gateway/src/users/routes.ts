import type { Mysql } from "@headline/mysql";
import { SMALL_BODY_BYTES } from "../http/body.js";
import { route, type Story } from "../http/route.js";
import { Following, PasswordChanged, Renewed, SignedIn, SignedOut, User } from "./answers.js";
import { changePassword, PasswordChange } from "./change-password.js";
import { followUser, unfollowUser } from "./follow-user.js";
import { readMe, readUser } from "./read-user.js";
import {
  Renewal,
  renewSignIn,
  SignIn,
  SignOutQuery,
  SignUp,
  type SignUpDeps,
  signIn,
  signOut,
  signUp,
} from "./sign-in.js";
import { UserPath } from "./user-path.js";
import type { Users } from "./users.js";

export interface UserDeps extends SignUpDeps {
  readonly mysql: Mysql;
  readonly users: Users;
  readonly onRedisError: (error: unknown) => void;
}

const NO_SIGN_IN = "Another issuer makes the tokens of this site";
const NO_USER = "The user does not exist";
const PASSWORD_LIMIT = "Too many wrong passwords for this name, or from this network";

export const users: Story<UserDeps> = {
  tag: "Users",
  about: "Signing up and in, profiles, following.",
  routes: [
    route({
      method: "post",
      path: "/users",
      name: "signUp",
      summary: "Creates a user and signs them in",
      description:
        "A name is kept in NFKC with single spaces, and taken when it looks like one that is. Common passwords are refused. The same name and password again within a day is the same sign-up.",
      access: "public",
      repeatable: true,
      body: { schema: SignUp, maxBytes: SMALL_BODY_BYTES },
      answer: { status: 201, data: SignedIn },
      refuses: {
        404: NO_SIGN_IN,
        409: "The name is taken",
        429: `Too many sign-ups from this network. ${PASSWORD_LIMIT}`,
      },
      handler: signUp,
    }),
    route({
      method: "post",
      path: "/authorizations",
      name: "signIn",
      summary: "Signs a user in",
      description: "Exchanges a name and password for an access token and a refresh token.",
      access: "public",
      repeatable: true,
      body: { schema: SignIn, maxBytes: SMALL_BODY_BYTES },
      answer: { status: 201, data: SignedIn },
      refuses: { 401: "Name and password do not belong together", 404: NO_SIGN_IN, 429: PASSWORD_LIMIT },
      handler: signIn,
    }),
    route({
      method: "put",
      path: "/authorizations",
      name: "renew",
      summary: "Renews a sign-in",
      description:
        "Exchanges a refresh token, in the body or as Bearer without a body, for an access token and the next refresh token. It counts once: the same again within a minute gets the same next one, later it ends the sign-in.",
      access: "public",
      body: { schema: Renewal, maxBytes: SMALL_BODY_BYTES, optional: true },
      answer: { status: 201, data: Renewed },
      refuses: { 401: "The refresh token does not count", 404: NO_SIGN_IN },
      handler: renewSignIn,
    }),
    route({
      method: "delete",
      path: "/authorizations",
      name: "signOut",
      summary: "Ends a sign-in",
      description:
        "That of the token, or with `everywhere=1` every one of its user; again is the same. The refresh token may stand for an access token that has expired. Tokens of a sign-in that ended are refused within a second.",
      access: "bearer",
      query: SignOutQuery,
      answer: { data: SignedOut },
      refuses: { 404: NO_SIGN_IN },
      handler: signOut,
    }),
    route({
      method: "put",
      path: "/users/me/password",
      name: "changePassword",
      summary: "Changes the password",
      description: "Every other sign-in ends. The same change again is the same.",
      access: "signed-in",
      body: { schema: PasswordChange, maxBytes: SMALL_BODY_BYTES },
      answer: { data: PasswordChanged },
      refuses: {
        403: "`current_password` is not the password",
        404: NO_SIGN_IN,
        409: "Another request changes the password",
        429: PASSWORD_LIMIT,
      },
      handler: changePassword,
    }),
    route({
      method: "get",
      path: "/users/me",
      name: "me",
      summary: "Reads the reader's own profile",
      description: "With the counts of a profile.",
      access: "signed-in",
      answer: { data: User },
      refuses: { 404: "The token's user has no profile here" },
      handler: readMe,
    }),
    route({
      method: "get",
      path: "/users/:id",
      name: "user",
      summary: "Reads a user",
      description: "To a signed-in reader, also whether they follow this user.",
      access: "optional",
      params: UserPath,
      answer: { data: User },
      refuses: { 404: NO_USER },
      handler: readUser,
    }),
    route({
      method: "put",
      path: "/users/:id/follow",
      name: "follow",
      summary: "Follows a user",
      description: "Again is the same.",
      access: "signed-in",
      params: UserPath,
      answer: { data: Following },
      refuses: { 404: NO_USER },
      handler: followUser,
    }),
    route({
      method: "delete",
      path: "/users/:id/follow",
      name: "unfollow",
      summary: "Ends following a user",
      description: "Again is the same.",
      access: "signed-in",
      params: UserPath,
      answer: { data: Following },
      refuses: { 404: NO_USER },
      handler: unfollowUser,
    }),
  ],
};
