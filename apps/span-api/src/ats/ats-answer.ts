/** Codes of the published error table. */
export const ATS_OK = 'SVCSTG.ATS.2000';
export const ATPS_OK = 'SVCSTG.ATPS.2000';
export const ATS_EMPTY = 'SVCSTG.ATS.200103';
export const EMPTY_MESSAGE = 'query trace result is empty.';

/** The envelope of every ATS answer, members in the published order. */
export interface AtsEnvelope {
  readonly errorCode: string;
  readonly errorMessage: string | null;
  readonly responseInfo?: unknown;
}

export interface AtsAnswer {
  readonly status: number;
  readonly body: AtsEnvelope;
}

/** What `VALIDATION` failures say of a bad project. */
export const PROJECT_INVALID = 'projectId in url is invalid.';

export function atsAnswer(responseInfo: unknown, errorCode = ATS_OK): AtsAnswer {
  return { status: 200, body: { errorCode, errorMessage: null, responseInfo } };
}

/** "No data" is a failure of the published API. */
export function atsEmpty(status: number): AtsAnswer {
  return { status, body: { errorCode: ATS_EMPTY, errorMessage: EMPTY_MESSAGE } };
}
