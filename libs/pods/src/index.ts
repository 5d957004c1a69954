export { isMalformedGlob } from './glob.js';
export { type ContainerMatch, matchContainers } from './match-containers.js';
export { openPodSource, type PodSourceOptions } from './open-pod-source.js';
export { type Pod, type PodContainer, type PodSource } from './pod.js';
export { HOST_POD } from './procfs-pods.js';
export { threadsOf } from './threads.js';
