/**
 * Operations agreed on but not yet in docs/openapi.json. Once one is described there, the description wins and its
 * entry here is dead.
 */
export interface Pending {
  "DELETE /handoffs/{handoff_id}": {
    path: { handoff_id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  "GET /handoffs/facets": {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { services: string[]; sources: string[]; industries: string[] };
  };
}
