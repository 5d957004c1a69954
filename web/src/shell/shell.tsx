import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useConnection } from '../api/index.js';
import { Button, Empty, Select } from '../design/index.js';
import { Link, useRoute } from '../router/index.js';
import { setTimeZone, useTimeZone } from '../time/index.js';
import { CrashGuard } from './crash-guard.js';
import { KeyboardHelp } from './help.js';
import { PAGES } from './pages.js';
import { listenToKeys, useShortcuts } from './shortcuts.js';
import { setTheme, theme, type Theme } from './theme.js';
import { TokenDialog } from './token-dialog.js';

/** What stands around every page: navigation, settings, help, and the state of the server. */
export function Shell(): ReactNode {
  const { path } = useRoute();
  const current = path[0] ?? PAGES[0]?.path ?? '';
  const page = PAGES.find(({ path: name }) => name === current);
  const [help, setHelp] = useState(false);
  useEffect(listenToKeys, []);
  useShortcuts('Everywhere', [
    {
      keys: ['?'],
      label: 'Show this help',
      run: () => {
        setHelp(true);
      },
    },
  ]);
  useEffect(() => {
    document.title = page === undefined ? 'tracer' : `${page.title} · tracer`;
  }, [page]);
  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={focusMain}>
        To the content
      </a>
      <Header
        current={current}
        onHelp={() => {
          setHelp(true);
        }}
      />
      <ServerState />
      <main id="main" className="main" tabIndex={-1}>
        <CrashGuard place={path.join('/')}>{page === undefined ? <NoSuchPage /> : <page.View />}</CrashGuard>
      </main>
      {help && (
        <KeyboardHelp
          onClose={() => {
            setHelp(false);
          }}
        />
      )}
    </div>
  );
}

/** The place of the page is behind `#`: an anchor must not change it. */
function focusMain(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function Header({ current, onHelp }: { readonly current: string; readonly onHelp: () => void }): ReactNode {
  const nav = useRef<HTMLElement>(null);
  // On a narrow window the pages scroll sideways.
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  return (
    <header className="header">
      <Link to={[]} className="brand" title="First page">
        tracer
      </Link>
      <nav ref={nav} className="nav" aria-label="Pages">
        {PAGES.map(({ path, title }) => (
          <Link key={path} to={[path]} current={path === current}>
            {title}
          </Link>
        ))}
      </nav>
      <Settings />
      <a className="button plain small" href="docs" title="The HTTP interface">
        API
      </a>
      <Button small look="plain" onClick={onHelp} title="Keys (?)">
        ?
      </Button>
    </header>
  );
}

function Settings(): ReactNode {
  const zone = useTimeZone();
  const [chosen, setChosen] = useState<Theme>(theme);
  return (
    <div className="settings">
      <Button
        small
        look="plain"
        title={`Times are in ${zone === 'utc' ? 'UTC' : 'the local zone'}; switch`}
        onClick={() => {
          setTimeZone(zone === 'utc' ? 'local' : 'utc');
        }}
      >
        {zone === 'utc' ? 'UTC' : 'Local time'}
      </Button>
      <Select
        label="Colours"
        value={chosen}
        options={[
          ['system', 'System'],
          ['light', 'Light'],
          ['dark', 'Dark'],
        ]}
        onChange={(value) => {
          setTheme(value as Theme);
          setChosen(value as Theme);
        }}
      />
    </div>
  );
}

/** A line while the server is away, and the way to give a token. */
function ServerState(): ReactNode {
  const { reachable, needsToken } = useConnection();
  const [put, setPut] = useState(false);
  return (
    <>
      {!reachable && (
        <div className="gone" role="status">
          <span className="spinner" aria-hidden="true" /> The server does not answer. What you see is from before; it
          goes on by itself as soon as the server is back.
        </div>
      )}
      {needsToken && put && (
        <div className="gone" role="status">
          This server asks for a token.
          <Button
            small
            onClick={() => {
              setPut(false);
            }}
          >
            Enter it
          </Button>
        </div>
      )}
      {needsToken && !put && (
        <TokenDialog
          onClose={() => {
            setPut(true);
          }}
        />
      )}
    </>
  );
}

function NoSuchPage(): ReactNode {
  return (
    <Empty title="There is no such page">
      <p>
        The link may be from another version. Begin at <Link to={[]}>the first page</Link>.
      </p>
    </Empty>
  );
}
