import { isFinalState } from "../../core/execution.js";
import type { TextReport } from "../sql/report-text.js";
import { ms } from "../sql/values.js";
import { closeInstance } from "./instances.js";
import type { Session } from "./session.js";

/** Records one report; false when its sender has lost the lease. */
export function reportOne(session: Session, report: TextReport): boolean {
  const { ns } = session;
  const { executionId, instanceId, token, state } = report;
  const [row] = session.rows(
    "SELECT state, token, instance_id FROM scheduler_executions WHERE ns = ? AND id = ?",
    ...[ns, executionId],
  );
  if (row === undefined) return false;
  if (isFinalState(row["state"] as string)) return ms(row["token"]) === token && row["state"] === state;
  const [instance] = session.rows("SELECT token FROM scheduler_instances WHERE ns = ? AND id = ?", ...[ns, instanceId]);
  if (instance === undefined || ms(instance["token"]) !== token || row["instance_id"] !== instanceId) return false;
  const { attempt, startedAt, finishedAt, result, error, stack } = report;
  session.run(
    `UPDATE scheduler_executions SET state = ?, attempt = ?, started_ms = ?, finished_ms = ?, result = ?, error = ?,
       stack = ? WHERE ns = ? AND id = ?`,
    ...[state, attempt, startedAt, finishedAt, result, error, stack, ns, executionId],
  );
  goOn(session, report);
  return true;
}

/** Closes the instance, or moves it to the next attempt of the same run, or to the first of the next one. */
function goOn(session: Session, { instanceId, state, attempt, last }: TextReport): void {
  const { ns } = session;
  if (state === "submitted")
    session.run("UPDATE scheduler_instances SET attempt = ? WHERE ns = ? AND id = ?", attempt, ns, instanceId);
  if (!isFinalState(state)) return;
  if (last) closeInstance(session, instanceId);
  else
    session.run(
      "UPDATE scheduler_instances SET attempt = 1, deliveries = 1 WHERE ns = ? AND id = ?",
      ...[ns, instanceId],
    );
}
