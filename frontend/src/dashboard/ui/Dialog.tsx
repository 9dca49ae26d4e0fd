/** A question that must be answered first. The browser's own dialog keeps the focus inside and gives it back. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./Button.tsx";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  actions?: ComponentChildren;
}

/** Shown while it is mounted. Esc and a press beside it close it. */
export function Dialog({ title, onClose, children, actions }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement;
    element.current?.showModal();
    element.current?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => event.target === element.current && onClose()}
    >
      <div class="dialog-inside">
        <h2 id={id}>{title}</h2>
        <div class="dialog-text">{children}</div>
        {actions && <div class="dialog-actions">{actions}</div>}
      </div>
    </dialog>
  );
}

/** A question with two answers, one of which does something that cannot be taken back. */
export function Ask({
  title,
  children,
  action,
  busy,
  onAction,
  onClose,
}: {
  title: string;
  children: ComponentChildren;
  /** The words on the button that does it. */
  action: string;
  busy?: boolean;
  onAction: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} data-first>
            Cancel
          </Button>
          <Button kind="danger" onClick={onAction} busy={busy ?? false}>
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
