import type { Request, Response } from "express";

/** Time of each part of a request, for one with `X-Server-Timing: 1`; browsers show it beside the request. */
export class ServerTiming {
  #parts = "";
  #sinceMs = performance.now();

  static of(req: Request): ServerTiming | undefined {
    return req.headers["x-server-timing"] === "1" ? new ServerTiming() : undefined;
  }

  /** This part ends now; the next one begins. */
  mark(part: string): void {
    const nowMs = performance.now();
    this.#parts += `${this.#parts === "" ? "" : ", "}${part};dur=${(nowMs - this.#sinceMs).toFixed(2)}`;
    this.#sinceMs = nowMs;
  }

  send(res: Response): void {
    res.setHeader("Server-Timing", this.#parts);
  }
}
