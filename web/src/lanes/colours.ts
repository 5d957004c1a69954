/** Hues of the palette; lightness and contrast follow from the theme, see `paletteOf`. */
const HUES = [205, 28, 145, 275, 340, 175, 48, 225, 95, 310, 5, 250];
export const PALETTE_SIZE = HUES.length;

/** The place of a name in the palette: the same everywhere, in every file and view. */
export function colourIndex(name: string): number {
  // FNV-1a
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % PALETTE_SIZE;
}

/** Fills on which `textColour` of the same theme has a contrast of 4.5:1 or more (colours.spec.ts). */
export function paletteOf(dark: boolean): readonly string[] {
  return HUES.map((hue) => hexOf(hue, dark ? 0.42 : 0.55, dark ? 0.62 : 0.72));
}

export const sliceText = (dark: boolean): string => (dark ? '#0c1116' : '#10171d');

/** HSL to `#rrggbb`, brought to one luminance so that no hue is louder than another. */
function hexOf(hue: number, saturation: number, target: number): string {
  let [low, high] = [0, 1];
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (brightness(rgbOf(hue, saturation, middle)) < target) low = middle;
    else high = middle;
  }
  const parts = rgbOf(hue, saturation, low);
  return `#${parts
    .map((part) =>
      Math.round(part * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

function rgbOf(hue: number, saturation: number, lightness: number): [number, number, number] {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const part = (n: number): number => {
    const k = (n + hue / 30) % 12;
    return lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return [part(0), part(8), part(4)];
}

const brightness = ([r, g, b]: readonly [number, number, number]): number => 0.299 * r + 0.587 * g + 0.114 * b;
