import { signal } from "@preact/signals";

/** Page of the application that is shown. Addresses live behind the `#`, so that every one of them is the same static page. */
export type Route =
  | { readonly page: "channel"; readonly id: string }
  | { readonly page: "article"; readonly id: string }
  | { readonly page: "edit"; readonly id: string }
  | { readonly page: "user"; readonly id: string }
  | { readonly page: "conversation"; readonly id: string }
  | { readonly page: "publish" | "me" | "messages" | "orders" | "notifications" | "missing" };

export const RECOMMENDED = "0";
const PLAIN = ["publish", "me", "messages", "orders", "notifications"] as const;

export const route = signal<Route>(readRoute(location.hash));

export const hrefOf = {
  channel: (id: string) => (id === RECOMMENDED ? "#/" : `#/channels/${id}`),
  article: (id: string) => `#/articles/${id}`,
  edit: (id: string) => `#/articles/${id}/edit`,
  user: (id: string) => `#/users/${id}`,
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
  const [, place = "", id = "", rest] = /^#?\/?([a-z]*)(?:\/(\d+))?(\/edit)?\/?$/.exec(hash) ?? [undefined, "missing"];
  if (place === "" && id === "") return { page: "channel", id: RECOMMENDED };
  if (place === "articles" && id !== "") return { page: rest === undefined ? "article" : "edit", id };
  if (place === "channels" && id !== "") return { page: "channel", id };
  if (place === "users" && id !== "") return { page: "user", id };
  if (place === "messages" && id !== "") return { page: "conversation", id };
  if (id === "" && isPlain(place)) return { page: place };
  return { page: "missing" };
}

function isPlain(place: string): place is (typeof PLAIN)[number] {
  return (PLAIN as readonly string[]).includes(place);
}
