import { route, type Story } from "../http/route.js";
import { ChannelList } from "./answers.js";
import { type ChannelDeps, listChannels } from "./list-channels.js";

export const channels: Story<ChannelDeps> = {
  tag: "Channels",
  about: "Channels of the feed.",
  routes: [
    route({
      method: "get",
      path: "/channels",
      name: "channels",
      summary: "Lists the channels",
      description: "In the order to show them.",
      access: "public",
      answer: { data: ChannelList },
      handler: listChannels,
    }),
  ],
};
