import { signal } from "@preact/signals";

/** Page of the application that is shown. Addresses live behind the `#`, so that every one of them is the same static page. */
export type Route =
  | { readonly page: "channel"; readonly id: string }
  | { readonly page: "article"; readonly id: string }
  | { readonly page: "edit"; readonly id: string }
  | { readonly page: "user"; readonly id: string }
  | { readonly page: "conversation"; readonly id: string }
  | { readonly page: "follows"; readonly id: string; readonly list: FollowList }
  | { readonly page: "my-list"; readonly list: MyList }
  | { readonly page: "publish" | "me" | "messages" | "orders" | "notifications" | "missing" };

const MY_LISTS = ["collected", "liked", "read", "blocked"] as const;
const FOLLOW_LISTS = ["following", "followers"] as const;
/** Lists of the reader's own. */
export type MyList = (typeof MY_LISTS)[number];
/** Lists of any user. */
export type FollowList = (typeof FOLLOW_LISTS)[number];

export const RECOMMENDED = "0";
const PLAIN = ["publish", "me", "messages", "orders", "notifications"] as const;

export const route = signal<Route>(readRoute(location.hash));

export const hrefOf = {
  channel: (id: string) => (id === RECOMMENDED ? "#/" : `#/channels/${id}`),
  article: (id: string) => `#/articles/${id}`,
  edit: (id: string) => `#/articles/${id}/edit`,
  user: (id: string) => `#/users/${id}`,
  follows: (userId: string, list: FollowList) => `#/users/${userId}/${list}`,
  myList: (list: MyList) => `#/me/${list}`,
  conversation: (userId: string) => `#/messages/${userId}`,
  publish: "#/publish",
  messages: "#/messages",
  me: "#/me",
  orders: "#/orders",
  notifications: "#/notifications",
} as const;

export function go(href: string): void {
  location.hash = href;
}

/** `#/articles/42` is an article, `#/channels/109` a channel, nothing at all the recommended feed. */
export function readRoute(hash: string): Route {
  const listed = readList(hash);
  if (listed !== undefined) return listed;
  const [, place = "", id = "", rest] = /^#?\/?([a-z]*)(?:\/(\d+))?(\/edit)?\/?$/.exec(hash) ?? [undefined, "missing"];
  if (place === "" && id === "") return { page: "channel", id: RECOMMENDED };
  if (place === "articles" && id !== "") return { page: rest === undefined ? "article" : "edit", id };
  if (place === "channels" && id !== "") return { page: "channel", id };
  if (place === "users" && id !== "") return { page: "user", id };
  if (place === "messages" && id !== "") return { page: "conversation", id };
  if (id === "" && isPlain(place)) return { page: place };
  return { page: "missing" };
}

/** `#/me/liked`, `#/users/3/followers` */
function readList(hash: string): Route | undefined {
  const [, id, name] = /^#\/(?:me|users\/(\d+))\/([a-z]+)\/?$/.exec(hash) ?? [];
  const mine = MY_LISTS.find((list) => list === name);
  const follows = FOLLOW_LISTS.find((list) => list === name);
  if (id === undefined) return mine && { page: "my-list", list: mine };
  return follows && { page: "follows", id, list: follows };
}

function isPlain(place: string): place is (typeof PLAIN)[number] {
  return (PLAIN as readonly string[]).includes(place);
}
