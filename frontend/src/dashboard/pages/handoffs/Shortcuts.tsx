/** Single keys for those who like them; one switch turns them off (WCAG 2.1.4). */
import { useEffect, useState } from "preact/hooks";
import { Button, CheckField, Dialog } from "../../ui/index.ts";

const SETTING = "shortcuts";

function areOn(): boolean {
  try {
    return localStorage.getItem(SETTING) !== "off";
  } catch {
    return true; // no storage here: the keys work
  }
}

const KEYS = [
  ["/", "Search"],
  ["j", "Next handoff, from any in the list"],
  ["k", "The one before"],
  ["Enter", "Open it"],
  ["?", "This list"],
] as const;

export function Shortcuts() {
  const [isOpen, setOpen] = useState(false);
  const [isOn, setOn] = useState(areOn);

  useEffect(() => {
    if (!isOn) return;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest("input, textarea, select, dialog")) return;
      if (event.key === "/") {
        event.preventDefault();
        document.querySelector<HTMLElement>("[data-search]")?.focus();
      } else if (event.key === "?") {
        setOpen(true);
      } else if (event.key === "j" && !document.activeElement?.closest("tbody")) {
        document.querySelector<HTMLElement>(".row-link")?.focus();
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [isOn]);

  const turn = (on: boolean): void => {
    setOn(on);
    try {
      localStorage.setItem(SETTING, on ? "on" : "off");
    } catch {
      // Kept for this page alone.
    }
  };
  return (
    <>
      <p class="keys no-print">
        <Button kind="ghost" onClick={() => setOpen(true)}>
          Keyboard shortcuts
        </Button>
      </p>
      {isOpen && (
        <Dialog
          title="Keyboard shortcuts"
          onClose={() => setOpen(false)}
          actions={<Button onClick={() => setOpen(false)}>Close</Button>}
        >
          <dl class="keys-list">
            {KEYS.map(([key, text]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
          <CheckField
            label="Single keys are on"
            checked={isOn}
            onChange={(event) => turn(event.currentTarget.checked)}
          />
        </Dialog>
      )}
    </>
  );
}
