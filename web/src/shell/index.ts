export { CopyCurl } from './copy-curl.js';
export { DownloadButton, saveAnswer } from './download-button.js';
export { Loaded } from './loaded.js';
export { useShortcuts, type Shortcut } from './shortcuts.js';
export { onThemeChange } from './theme.js';
