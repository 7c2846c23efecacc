import { articleRoutes } from "./article-routes.js";
import { operationsRoutes } from "./operations-routes.js";
import { orderRoutes } from "./order-routes.js";
import { readingRoutes } from "./reading-routes.js";
import type { Story } from "./route.js";
import { talkRoutes } from "./talk-routes.js";
import { userRoutes } from "./user-routes.js";

/** Every route of the gateway, in the order a reader meets them. */
export const STORIES: readonly Story[] = [
  { name: "Reading", about: "The home feed, and what readers did with it.", routes: readingRoutes },
  { name: "Articles", about: "Publishing, editing, commenting.", routes: articleRoutes },
  { name: "Users", about: "Signing up and in, profiles, following.", routes: userRoutes },
  { name: "Talk", about: "Notifications and conversations.", routes: talkRoutes },
  { name: "Promotion", about: "A place among the promoted articles of a day.", routes: orderRoutes },
  { name: "Operations", about: "For probes, tools and those who read this.", routes: operationsRoutes },
];
