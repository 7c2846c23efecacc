import type { Log } from "@headline/service/log";
import { describe, expect, test } from "@jest/globals";
import { openObservation } from "./open-observation.js";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("calls that are slow or fail", () => {
  test("are in the log with their trace, once a second for many; what callers did wrong is not", async () => {
    const lines: [Record<string, unknown>, string][] = [];
    const log = { warn: (...line: [Record<string, unknown>, string]) => void lines.push(line) } as unknown as Log;
    await using observation = await openObservation({ log });
    observation.onCall("StreamRecommendations", "OK", 3, TRACEPARENT);
    observation.onCall("user_recommend", "INVALID_ARGUMENT", 1, TRACEPARENT);
    observation.onCall("StreamRecommendations", "OK", 400.4, TRACEPARENT);
    for (let each = 0; each < 50; each += 1) observation.onCall("CountUpdates", "UNAVAILABLE", 7, undefined);
    expect(lines).toMatchObject([
      [{ method: "StreamRecommendations", code: "OK", ms: 400, trace_id: TRACEPARENT.slice(3, 35) }, "calls were slow"],
      [{ method: "CountUpdates", code: "UNAVAILABLE", ms: 7, times: 1 }, "calls failed"],
    ]);
    const text = await observation.metrics.text();
    expect(text).toContain('headline_rpc_request_seconds_count{method="CountUpdates",code="UNAVAILABLE"} 50');
    expect(text).toContain('headline_rpc_request_seconds_count{method="user_recommend",code="INVALID_ARGUMENT"} 1');
  });
});
