import { route, type Story } from "../http/route.js";
import { type PageDeps, PagePath, showPage } from "./show-page.js";

export const pages: Story<PageDeps> = {
  tag: "Pages",
  about: "Static pages of the guests' feed, for readers without a script and for crawlers.",
  routes: [
    route({
      method: "get",
      path: "/pages/:file",
      name: "staticPage",
      summary: "Reads the static page of a channel",
      description: "The guests' feed as it was last built, the same for every reader; cacheable.",
      access: "public",
      params: PagePath,
      answer: { type: "text/html" },
      raw: showPage,
    }),
  ],
};
