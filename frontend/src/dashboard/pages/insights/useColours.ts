/** Colours of the style sheet for what is drawn without it, renewed when the theme changes. */
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** As they are inside an element; null before it is there. */
export function useColours<Name extends string>(
  inside: RefObject<HTMLElement | null>,
  names: readonly Name[],
): Record<Name, string> | null {
  const [colours, setColours] = useState<Record<Name, string> | null>(null);
  useLayoutEffect(() => {
    const renew = (): void => setColours(inside.current && read(inside.current, names));
    renew();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", renew);
    return () => dark.removeEventListener("change", renew);
  }, [inside, names]);
  return colours;
}

/** As computed: a canvas knows no custom properties, and old ones no color-mix. */
function read<Name extends string>(inside: HTMLElement, names: readonly Name[]): Record<Name, string> {
  const probe = document.createElement("span");
  probe.hidden = true;
  inside.append(probe);
  const colours = names.map((name) => {
    probe.style.color = `var(${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(colours) as Record<Name, string>;
}
