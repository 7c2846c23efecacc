import { articles } from "./articles/routes.js";
import { channels } from "./channels/routes.js";
import { comments } from "./comments/routes.js";
import { conversations } from "./conversations/routes.js";
import { events } from "./events/routes.js";
import { feed } from "./feed/routes.js";
import { bind, type Edge, type MountedRoute } from "./http/mount.js";
import type { Story } from "./http/route.js";
import { lists } from "./lists/routes.js";
import { notifications } from "./notifications/routes.js";
import { operations } from "./operations/routes.js";
import { orders } from "./orders/routes.js";
import { pages } from "./pages/routes.js";
import { users } from "./users/routes.js";

/** Every route of the gateway, story by story, in the order in which a reader meets them and Express tries them. */
export const STORIES = {
  feed,
  articles,
  channels,
  pages,
  comments,
  events,
  users,
  lists,
  notifications,
  conversations,
  orders,
  operations,
};

/** Deps that the handlers of each story are made from. */
export type StoryDeps = {
  readonly [Name in keyof typeof STORIES]: (typeof STORIES)[Name] extends Story<infer Deps> ? Deps : never;
};

/** Makes the handlers of every story. */
export function bindStories(parts: StoryDeps, edge: Edge): readonly MountedRoute[] {
  const bound = (name: keyof StoryDeps) => bind(STORIES[name] as Story<unknown>, parts[name], edge);
  return (Object.keys(STORIES) as (keyof StoryDeps)[]).flatMap(bound);
}
