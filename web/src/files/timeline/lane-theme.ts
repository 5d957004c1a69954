import { paletteOf, sliceText, type LaneTheme } from '../../lanes/index.js';

/** The colours of the page as they are now, for the canvas. */
export function laneThemeOf(element: HTMLElement): LaneTheme {
  const style = getComputedStyle(element);
  const probe = document.createElement('span');
  element.append(probe);
  const colour = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const background = colour('--bg');
  const dark = brightnessOf(background) < 0.5;
  const theme: LaneTheme = {
    background,
    group: colour('--bg-raised'),
    line: colour('--line'),
    text: colour('--text'),
    soft: colour('--text-soft'),
    accent: colour('--accent'),
    error: dark ? '#ff5a4f' : '#c41414',
    waiting: colour('--line'),
    palette: paletteOf(dark),
    sliceText: sliceText(dark),
    font: `12px ${style.fontFamily}`,
  };
  probe.remove();
  return theme;
}

function brightnessOf(rgb: string): number {
  const [r = 255, g = 255, b = 255] = (rgb.match(/[\d.]+/g) ?? []).map(Number);
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}
