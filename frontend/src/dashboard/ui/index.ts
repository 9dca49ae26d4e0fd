/** All a page is built from. */
export { Badge, type Tone } from "./Badge.tsx";
export { Button, LinkButton } from "./Button.tsx";
export { copy } from "./copy.ts";
export { Ask, Dialog } from "./Dialog.tsx";
export { CheckField, Field, SelectField, TextArea, TextField } from "./Field.tsx";
export { Icon, type IconName } from "./Icon.tsx";
export { Menu, type MenuItem } from "./Menu.tsx";
export { ErrorNote, HintNote, listNotes } from "./Notes.tsx";
export { Card, Page } from "./Page.tsx";
export { EmptyState, ErrorState, Skeleton } from "./states.tsx";
export { type Column, Table } from "./Table.tsx";
export { type Tab, Tabs } from "./Tabs.tsx";
export { clock, Time } from "./Time.tsx";
