import { useId } from "preact/hooks";
import { toast } from "../components/toast.js";
import { chooseLanguage, language, words } from "../language/language.js";
import { reader, signOut } from "../session/session.js";
import { chooseTheme, type Theme, theme } from "../theme/theme.js";

const THEMES: readonly Theme[] = ["auto", "light", "dark"];
/** Name of each language in that language. */
const LANGUAGES = { zh: "中文", en: "English" } as const;

/** Language, theme and sign-out. */
export function Settings() {
  const text = words.value;
  const id = useId(); // these settings may stand on a page twice
  const leave = () => {
    signOut();
    toast(text.signedOut);
  };
  return (
    <div class="settings">
      <fieldset>
        <legend>{text.language}</legend>
        <div class="segments">
          {(["zh", "en"] as const).map((choice) => (
            <label key={choice}>
              <input
                type="radio"
                name={`language-${id}`}
                checked={language.value === choice}
                onChange={() => chooseLanguage(choice)}
              />
              <span lang={choice}>{LANGUAGES[choice]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>{text.theme}</legend>
        <div class="segments">
          {THEMES.map((choice) => (
            <label key={choice}>
              <input
                type="radio"
                name={`theme-${id}`}
                checked={theme.value === choice}
                onChange={() => chooseTheme(choice)}
              />
              <span>{text.themes[choice]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {reader.value && (
        <button type="button" class="outlined wide" onClick={leave}>
          {text.signOut}
        </button>
      )}
    </div>
  );
}
