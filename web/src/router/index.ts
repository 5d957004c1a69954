export { Link } from './link.js';
export { hrefOf, parseHash, withQuery, type QueryValues, type Route } from './route.js';
export { navigate, setQuery, useQueryValue, useRoute } from './use-route.js';
