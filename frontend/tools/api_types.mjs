/**
 * Writes the types of the API's operations from docs/openapi.json, before each type check. They are never committed: a
 * call the API no longer answers fails the check, and the description itself is held to the API by `make drift`.
 *
 * Operations are named as in the description: "GET /handoffs/{handoff_id}".
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const here = new URL("../", import.meta.url);
const PREFIX = "/api/v1";
/** @type {any} */
const description = JSON.parse(readFileSync(new URL("../docs/openapi.json", here), "utf8"));

/** @param {any} schema @returns {string} */
function type(schema) {
  if (schema === undefined) return "unknown";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((/** @type {unknown} */ value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(type).join(" | ");
  if (schema.allOf) return schema.allOf.map(type).join(" & ");
  if (Array.isArray(schema.type)) {
    return schema.type.map((/** @type {string} */ name) => type({ ...schema, type: name })).join(" | ");
  }
  switch (schema.type) {
    case undefined:
      return "unknown"; // anything at all, by the description
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array":
      return `(${type(schema.items)})[]`;
    case "object":
      return schema.properties ? object(schema) : `Record<string, ${type(asSchema(schema.additionalProperties))}>`;
    default:
      throw new Error(`A schema this tool cannot read: ${JSON.stringify(schema)}`);
  }
}

/** @param {any} value */
function asSchema(value) {
  return typeof value === "object" ? value : {};
}

/** @param {any} schema */
function object(schema) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(
    ([name, field]) => `${JSON.stringify(name)}${required.has(name) ? "" : "?"}: ${type(field)}`,
  );
  return `{ ${fields.join("; ")} }`;
}

/** @param {any} parameters @param {string} place */
function parameters(parameters, place) {
  const fields = parameters
    .filter((/** @type {any} */ parameter) => parameter.in === place)
    .map((/** @type {any} */ parameter) => {
      return `${JSON.stringify(parameter.name)}${parameter.required ? "" : "?"}: ${type(parameter.schema)}`;
    });
  return fields.length ? `{ ${fields.join("; ")} }` : "undefined";
}

/** @param {any} operation */
function answer(operation) {
  const bodies = Object.entries(operation.responses)
    .filter(([status]) => status.startsWith("2"))
    .map(([, response]) => response.content?.["application/json"]?.schema)
    .map((schema) => (schema === undefined ? "undefined" : type(schema)));
  return [...new Set(bodies)].join(" | ") || "undefined";
}

const lines = ["// Written by tools/api_types.mjs from docs/openapi.json. Not to be edited.", ""];
for (const [name, schema] of Object.entries(description.components.schemas)) {
  lines.push(`export type ${name} = ${type(schema)};`);
}
lines.push("", "export interface Operations {");
for (const [path, methods] of Object.entries(description.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const body = operation.requestBody?.content?.["application/json"]?.schema;
    lines.push(
      `  "${method.toUpperCase()} ${path.replace(PREFIX, "")}": {`,
      `    path: ${parameters(operation.parameters ?? [], "path")};`,
      `    query: ${parameters(operation.parameters ?? [], "query")};`,
      `    body: ${body === undefined ? "undefined" : type(body)};`,
      `    answer: ${answer(operation)};`,
      "  };",
    );
  }
}
lines.push("}", "");

mkdirSync(new URL(".generated/", here), { recursive: true });
writeFileSync(new URL(".generated/openapi.d.ts", here), lines.join("\n"));
