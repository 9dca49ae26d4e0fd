/** A form that adds something by one text: what is wrong is said beside its field, which then has the focus. */
import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { ApiError, describe } from "../../api/problem.ts";

interface Adding {
  /** The field's name in the API's problems. */
  name: string;
  check(text: string): string | null;
  add(text: string): Promise<void>;
}

interface Form {
  form: RefObject<HTMLFormElement | null>;
  isBusy: boolean;
  submit(event: SubmitEvent): void;
  field: {
    name: string;
    value: string;
    error: string | undefined;
    onInput(event: { currentTarget: HTMLInputElement }): void;
  };
}

export function useAdding({ name, check, add }: Adding): Form {
  const [value, setValue] = useState("");
  const [error, setError] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const refuse = (message: string): void => {
    setError(message);
    form.current?.querySelector("input")?.focus();
  };
  const send = async (): Promise<void> => {
    if (isBusy) return;
    const text = value.trim();
    const problem = check(text);
    if (problem !== null) return refuse(problem);
    setIsBusy(true);
    setError("");
    try {
      await add(text);
      setValue("");
    } catch (reason) {
      refuse((reason instanceof ApiError ? reason.of(name) : undefined) ?? describe(reason));
    } finally {
      setIsBusy(false);
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void send();
  };
  const onInput = (event: { currentTarget: HTMLInputElement }): void => {
    setValue(event.currentTarget.value);
    setError("");
  };
  return { form, isBusy, submit, field: { name, value, error: error || undefined, onInput } };
}
