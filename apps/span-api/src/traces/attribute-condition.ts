import { textOfValue, type AttributeValue, type Span } from '@tracer/span-model';

/** A comparison with an attribute of a span, or of its resource when the span has none of that name. */
export interface AttributeCondition {
  readonly key: string;
  readonly op: '=' | '!=' | '~' | '>' | '<';
  readonly value: string;
}

/** Conditions of which one span must meet all. */
export interface ConditionSet {
  readonly attributes?: readonly AttributeCondition[] | undefined;
}

/** All of `attributes`, and all of at least one of `anyOf` where that is given. */
export interface AttributeWish extends ConditionSet {
  readonly anyOf?: readonly ConditionSet[] | undefined;
}

export function wishHolds(span: Span, { attributes, anyOf }: AttributeWish): boolean {
  const holds = ({ attributes: all = [] }: ConditionSet): boolean =>
    all.every((condition) => conditionHolds(span, condition));
  return holds({ attributes }) && (anyOf === undefined || anyOf.length === 0 || anyOf.some(holds));
}

/**
 * Whether it holds. Texts compare as tags show them; `!=` holds for spans without the attribute, too; `~` looks for a part,
 * whatever the case; `>` and `<` compare numbers and hold for nothing else.
 */
export function conditionHolds(span: Span, { key, op, value }: AttributeCondition): boolean {
  const owner = span.attributes.has(key) ? span.attributes : span.resource.attributes;
  if (!owner.has(key)) return op === '!=';
  const actual = owner.get(key);
  switch (op) {
    case '=':
      return textOfValue(actual) === value;
    case '!=':
      return textOfValue(actual) !== value;
    case '~':
      return textOfValue(actual).toLowerCase().includes(value.toLowerCase());
    case '>':
      return numberOf(actual) > numberOf(value);
    case '<':
      return numberOf(actual) < numberOf(value);
  }
}

/** NaN for what is no number, with which every comparison fails. */
function numberOf(value: AttributeValue): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
}
