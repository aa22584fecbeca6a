import { useSyncExternalStore } from "react";
import { useSite } from "../../app/context";
import { usePreferences } from "../../app/preferences";

interface Charted {
  /** Where it is, below the API's address, for a theme. */
  source: (name: string, theme: string) => string;
  name: "days" | "slowest";
  alt: string;
  /** Pixels that are kept free for it, so that nothing moves when it comes. */
  height: number;
}

/** One of the charts that the server draws, in the colours of the page. */
export function Chart({ source, name, alt, height }: Charted) {
  const { home } = useSite();
  const theme = useTheme();
  return (
    <img className="review-chart" src={`${home}api/v1/${source(name, theme)}`} alt={alt} style={{ height }} />
  );
}

const DARK = "(prefers-color-scheme: dark)";

function useTheme(): "light" | "dark" {
  const system = useSyncExternalStore(
    (listener) => {
      const watched = matchMedia(DARK);
      watched.addEventListener("change", listener);
      return () => watched.removeEventListener("change", listener);
    },
    () => matchMedia(DARK).matches,
  );
  const [{ theme }] = usePreferences();
  if (theme !== "system") return theme;
  return system ? "dark" : "light";
}
