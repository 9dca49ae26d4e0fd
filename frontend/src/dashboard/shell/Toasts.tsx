import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../state/store.ts";
import { dismiss, TOAST_TIME, type Toast, toasts } from "../state/toasts.ts";
import { Button } from "../ui/Button.tsx";

export function Toasts() {
  const list = useStore(toasts);
  return (
    <div class="toasts" role="region" aria-label="Messages" aria-live="polite" tabIndex={-1}>
      {list.map((each) => (
        <Message key={each.id} toast={each} />
      ))}
    </div>
  );
}

function Message({ toast }: { toast: Toast }) {
  const [isHeld, setHeld] = useState(false);
  const left = useRef(TOAST_TIME);
  useEffect(() => {
    if (isHeld) return;
    const start = performance.now();
    const timer = setTimeout(() => dismiss(toast.id), left.current);
    return () => {
      clearTimeout(timer);
      left.current -= performance.now() - start;
    };
  }, [isHeld, toast.id]);
  const { undo } = toast;
  return (
    <div
      class={`toast ${toast.tone}`}
      data-testid="toast"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      <span class="toast-text">{toast.text}</span>
      {undo && (
        <Button
          kind="ghost"
          class="toast-undo"
          data-testid="undo"
          onClick={() => {
            dismiss(toast.id);
            undo();
          }}
        >
          Undo
        </Button>
      )}
      <Button kind="ghost" icon="close" iconOnly onClick={() => dismiss(toast.id)}>
        Dismiss
      </Button>
    </div>
  );
}
