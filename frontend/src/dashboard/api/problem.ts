/** What can go wrong with a call, in words for people. */

interface FieldProblem {
  field: string;
  message: string;
  code: string;
}

/** The server answered, and said no: an `application/problem+json` document (RFC 9457). */
export class ApiError extends Error {
  readonly status: number;
  /** The stable end of the problem's type, such as `last_owner`. */
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | null;

  constructor(status: number, body: unknown, retryAfter: string | null = null) {
    const given = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
    const { detail, type, errors } = given;
    super(typeof detail === "string" && detail ? detail : `The server answered ${status}.`);
    this.name = "ApiError";
    this.status = status;
    this.code = typeof type === "string" ? (type.split(":").at(-1) ?? "") : "";
    this.fields = Array.isArray(errors) ? (errors as FieldProblem[]) : [];
    this.retryAfter = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null;
  }

  /** The message for a field of the body, where there is one. */
  of(field: string): string | undefined {
    return this.fields.find((each) => each.field === field)?.message;
  }
}

/** No answer came: the line is down, or the server is. */
export class UnreachableError extends Error {
  constructor() {
    super("The server cannot be reached just now.");
    this.name = "UnreachableError";
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** One sentence for a person. */
export function describe(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 429) {
      return error.retryAfter
        ? `That was a lot at once. Try again in ${error.retryAfter} s.`
        : "That was a lot at once. Try again in a minute.";
    }
    if (error.status >= 500) return "Something went wrong on our side. Try again in a moment.";
    return error.message;
  }
  if (error instanceof UnreachableError) return error.message;
  return "Something went wrong on this page. Load it again.";
}
