import { describe, expect, test } from "@jest/globals";
import { html } from "./html.js";

describe("html", () => {
  test("escapes every value", () => {
    expect(html`<p title="${`"'`}">${"<script>&"}</p>`.text).toBe('<p title="&quot;&#39;">&lt;script&gt;&amp;</p>');
  });

  test("takes HTML as it is, lists one after the other, and nothing for nothing", () => {
    expect(html`${[html`<b>${1}</b>`, "<", null, undefined, false, true, 0]}`.text).toBe("<b>1</b>&lt;0");
  });

  test("is not taken in by an object that looks like HTML", () => {
    const forged = { text: "<script>" } as never;
    expect(() => html`${forged}`).toThrow();
  });
});
