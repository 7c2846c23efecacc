import { describe, expect, test } from "@jest/globals";
import { segment, unsegment } from "./paths.js";

describe("segment", () => {
  test.each([".", "..", "~", "~..", "a/b", "é中", `"'<script>`, "100%", "a b+c", "?#&"])("%j survives a URL", (id) => {
    const { pathname } = new URL(`http://h/jobs/default/${segment(id)}/pause`);
    const [, , , raw] = pathname.split("/");
    expect(unsegment(decodeURIComponent(raw!))).toBe(id);
  });

  test("half a surrogate pair, which no URL can hold, becomes the replacement character", () => {
    expect(segment("\uD800")).toBe(encodeURIComponent("\uFFFD"));
  });
});
