import { useState } from "preact/hooks";
import type { HandoffOut } from "../../../.generated/openapi";
import { describe } from "../api/problem.ts";
import { toast } from "../state/toasts.ts";
import { Ask } from "../ui/index.ts";
import { erase } from "./changes.ts";
import { nameOf } from "./words.ts";

export function EraseDialog({
  item,
  onClose,
  onErased,
}: {
  item: HandoffOut;
  onClose: () => void;
  onErased?: (item: HandoffOut) => void;
}) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const go = async (): Promise<void> => {
    setBusy(true);
    try {
      const erased = await erase(item);
      toast("Personal data erased");
      onErased?.(erased);
      onClose();
    } catch (error) {
      setProblem(describe(error));
      setBusy(false);
    }
  };
  return (
    <Ask
      title={`Erase ${nameOf(item)}’s data?`}
      action="Erase for good"
      busy={isBusy}
      onAction={() => void go()}
      onClose={onClose}
    >
      <p>
        Name, contact, notes and where the visit came from are removed for good. The handoff still counts, without a
        person to it.
      </p>
      {problem && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
    </Ask>
  );
}
