import { OrderConflict } from "@headline/newsroom/orders";
import { HttpRefusal } from "../http/problem.js";

/** Refuses what contradicts how orders stand with 409 and the name of the contradiction. */
export async function settled<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OrderConflict) throw new HttpRefusal(409, error.code, error.message);
    throw error;
  }
}
