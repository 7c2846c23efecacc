import { describe, expect, test } from "@jest/globals";
import { html, joined } from "./index.js";

describe("html", () => {
  test("escapes every value", () => {
    expect(html`<p title="${`"'`}">${"<script>&"}</p>`.text).toBe('<p title="&quot;&#39;">&lt;script&gt;&amp;</p>');
  });

  test("takes markup as it is, lists one after the other, and nothing for nothing", () => {
    expect(html`${[html`<b>${1}</b>`, ["<", 2n], null, undefined, false, true, 0]}`.text).toBe("<b>1</b>&lt;20");
    expect(joined([html`<i>a</i>`, "&"], " < ").text).toBe("<i>a</i> &lt; &amp;");
  });

  test("does not take an object for markup that only looks like it", () => {
    const forged = { text: "<script>" } as never;
    expect(() => html`${forged}`).toThrow();
  });
});
