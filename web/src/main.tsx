import { createRoot } from 'react-dom/client';
import './design/tokens.css';
import './design/base.css';
import './design/components.css';
import './shell/shell.css';
import { Shell } from './shell/shell.js';
import { applyTheme } from './shell/theme.js';

applyTheme();
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(<Shell />);
