export { Button } from './button.js';
export { Dialog } from './dialog.js';
export { Check, Field, Select } from './field.js';
export { Figure } from './figure.js';
export { lateView, type LateView } from './late-view.js';
export { Badge, Command, CopyButton, Empty, ErrorNotice, Notice, Spinner } from './states.js';
export { Table, type Column } from './table.js';
export { Tabs } from './tabs.js';
export { VirtualRows } from './virtual-rows.js';
