import type { JobRecord } from "../core/job-record.js";
import type { Ack } from "../core/task.js";

/** Returns the job with the `ack` of its task, if the job leaves it to the task and the claimer knows it. */
export function withTaskAck(job: JobRecord, acks: ReadonlyMap<string, Ack> | undefined): JobRecord {
  const ack = job.fromTask?.includes("ack") === true ? acks?.get(String(job.func)) : undefined;
  return ack === undefined || ack === job.ack ? job : { ...job, ack };
}

/** Returns the number of deliveries of a run whose schedulers die; 0 when it is not delivered again. */
export function mostDeliveries({ ack, maxDeliveries }: JobRecord): number {
  return ack === "late" ? maxDeliveries : 0;
}
