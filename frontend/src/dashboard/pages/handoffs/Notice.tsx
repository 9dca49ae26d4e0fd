import { useEffect } from "preact/hooks";
import type { Pipeline } from "../../handoffs/pipeline.ts";
import { plural } from "../../handoffs/words.ts";
import { announce } from "../../state/announcer.ts";
import { Icon } from "../../ui/index.ts";

/** Tells of what arrived, above the list and over it: no row moves until this is pressed. */
export function Notice({ list, onShow }: { list: Pipeline; onShow: () => void }) {
  const count = list.waiting.length;
  const text = `${list.hasGap ? `${count} or more` : count} new ${count === 1 && !list.hasGap ? "handoff" : "handoffs"}`;
  useEffect(() => {
    if (count) announce(`${plural(count, "new handoff", "new handoffs")} arrived`);
  }, [count]);
  return (
    <div class="notice">
      {count > 0 && (
        <button
          type="button"
          class="notice-button"
          data-testid="new-handoffs-notice"
          onClick={() => {
            onShow();
            scrollTo({ top: 0 });
            document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
          }}
        >
          <Icon name="up" />
          {text}
        </button>
      )}
    </div>
  );
}
