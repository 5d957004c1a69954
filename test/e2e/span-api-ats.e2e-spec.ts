import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshId, SpanWorld } from './fixtures/span-world.js';

const world = new SpanWorld();
const NOW_MS = Date.now() - 60_000;
const at = (ms: number): number => (NOW_MS + ms) * 1000;
beforeAll(() => world.start(), 60_000);
afterAll(() => world.close());

describe('ATS', () => {
  const app = 'aos-apiserver';
  const traceId = freshId();
  const call = {
    traceId,
    id: freshId(),
    name: 'Aos-ApiServer:aos-1:GET_/rest:8080/x',
    timestamp: at(0),
    duration: 67_000,
    annotations: [
      { timestamp: at(0), value: 'cs', endpoint: { serviceName: app, ipv4: '10.186.60.43', port: 6443 } },
      { timestamp: at(67), value: 'cr', endpoint: { serviceName: app, ipv4: '10.186.60.43', port: 6443 } },
    ],
    binaryAnnotations: [
      { key: 'append', value: 'GET' },
      { key: 'result', value: '1' },
      { key: 'resultCode', value: '503' },
      { key: 'type', value: '1' },
    ],
  };
  const place = { clusterId: 'default', namespace: 'manage', 'X-Project-Id': 'p1' };
  const window = `startTime=${NOW_MS - 1_000}&endTime=${NOW_MS + 1_000}&application=${app}`;
  const ats = (path: string, headers: Record<string, string> = {}) => world.http().get(`/v1/p1/${path}`).set(headers);
  const info = async (path: string, headers = {}): Promise<unknown> => {
    const { status, body } = await ats(path, headers);
    const { errorCode, errorMessage, responseInfo } = body as Record<string, unknown>;
    expect([status, errorMessage]).toEqual([200, null]);
    expect(errorCode).toBe(path.startsWith('atps') ? 'SVCSTG.ATPS.2000' : 'SVCSTG.ATS.2000');
    return responseInfo;
  };
  const EMPTY = { errorCode: 'SVCSTG.ATS.200103', errorMessage: 'query trace result is empty.' };
  beforeAll(async () => {
    await world.http().post('/api/v1/spans').set(place).send([call]).expect(202);
  });

  it('gives spans back as they were sent', async () => {
    expect(await info(`ats/spans?traceId=${traceId}`)).toEqual([JSON.stringify(call)]);
    expect(await info(`ats/spans?traceId=${traceId}`, place)).toHaveLength(1);
    await ats(`ats/spans?traceId=${traceId}`, { clusterId: 'other' }).expect(400, EMPTY);
    await world.http().get(`/v1/p2/ats/spans?traceId=${traceId}`).expect(400, EMPTY);
  });

  it('lists groups, applications, instances and transactions', async () => {
    expect(await info('atps/monitorgroups')).toEqual(['default']);
    expect(await info('ats/applications')).toEqual([`${app}:6443`]);
    expect(await info('ats/applications?monitorGroup=default', place)).toEqual([`${app}:6443`]);
    expect(await info(`ats/applications/${app}/instances?monitorGoup=default`)).toEqual(['aos-1']);
    expect(await info(`ats/applications/${app}:6443/transactions?monitorGroup=default`)).toEqual(['GET_/rest:8080/x']);
    await ats('ats/applications?monitorGroup=none').expect(400, EMPTY);
    await ats('ats/applications', { namespace: 'other' }).expect(400, EMPTY);
    await ats('ats/applications/none/instances').expect(400, EMPTY);
  });

  it('searches traces', async () => {
    const chain = {
      traceId,
      type: '1',
      status: 503,
      duration: 67_000,
      application: app,
      instance: 'aos-1',
      transaction: 'GET_/rest:8080/x',
      startTime: at(0),
      endTime: at(67),
    };
    const found = { count: 1, traceChains: [chain] };
    const transaction = encodeURIComponent('GET_/rest:8080/x');
    for (const more of ['', '&status=1', '&duration=67', '&instance=aos-1', `&transaction=${transaction}&limit=1000`])
      expect(await info(`ats/traces?${window}${more}`)).toEqual(found);
    for (const more of ['&duration=68', '&instance=aos-2', '&transaction=GET_', '&monitorGroup=x'])
      await ats(`ats/traces?${window}${more}`).expect(400, EMPTY);
    await ats(`ats/traces?${window}`, { clusterId: 'other' }).expect(400, EMPTY);
  });

  it.each([
    ['ats/spans', 'traceId is required.'],
    ['ats/spans?traceId=XYZ', 'XYZ should be lower-hex encoded with no prefix'],
    [`ats/traces?startTime=1&application=x`, 'endTime is required.'],
    [`ats/traces?startTime=2&endTime=2&application=x`, 'startTime must be before endTime.'],
    ['ats/traces?startTime=1&endTime=2', 'application is required.'],
    [`ats/traces?${window}&limit=1001`, 'limit must be from 1 to 1000.'],
    [`ats/traces?${window}&duration=-1`, 'duration must be 0 or more.'],
    [`ats/traces?${window}&status=2`, 'status must be 1 for failed ones, or absent.'],
    ['ats/applications/x/transactions', 'monitorGroup is required.'],
  ])('refuses %s', async (path, errorMessage) => {
    await ats(path).expect(400, { errorCode: 'SVCSTG.ATS.400101', errorMessage });
  });

  it('refuses projects that cannot be, and other methods', async () => {
    const refusal = { errorCode: 'SVCSTG.ATS.400101', errorMessage: 'projectId in url is invalid.' };
    await world.http().get(`/v1/bad%20id/ats/spans?traceId=${traceId}`).expect(400, refusal);
    await world
      .http()
      .get(`/v1/${'p'.repeat(65)}/atps/monitorgroups`)
      .expect(400, refusal);
    await world.http().delete('/v1/p1/ats/spans').expect(404);
  });
});
