import type { ReactNode } from 'react';
export default function Tab(): ReactNode {
  return null;
}
