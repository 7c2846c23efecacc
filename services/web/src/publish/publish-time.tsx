import { words } from "../language/language.js";
import { serverNow } from "../session/session.js";
import { localTime } from "./draft.js";

export type When = "now" | "later" | "held";

interface Props {
  readonly choices: readonly When[];
  readonly when: When;
  readonly time: string;
  readonly onWhen: (when: When) => void;
  readonly onTime: (time: string) => void;
}

const SOONEST_MS = 60_000;
const LATEST_MS = 365 * 24 * 60 * 60 * 1_000;

/** Choice of the time of publication: now, later, or held back. */
export function PublishTime({ choices, when, time, onWhen, onTime }: Props) {
  const text = words.value;
  const labels = { now: text.publishNow, later: text.publishLater, held: text.holdBack };
  return (
    <fieldset class="when">
      <legend>{text.when}</legend>
      <div class="segments">
        {choices.map((choice) => (
          <label key={choice}>
            <input type="radio" name="when" checked={when === choice} onChange={() => onWhen(choice)} />
            <span>{labels[choice]}</span>
          </label>
        ))}
      </div>
      {when === "later" && (
        <label>
          {text.publishAt}
          <input
            type="datetime-local"
            required
            value={time}
            min={localTime(serverNow() + SOONEST_MS)}
            max={localTime(serverNow() + LATEST_MS)}
            onInput={({ currentTarget }) => onTime(currentTarget.value)}
          />
        </label>
      )}
    </fieldset>
  );
}
