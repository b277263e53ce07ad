// What a server with one type would answer: its schema when it is asked for it, a tea otherwise.
const named = (kind, name) => ({kind, name, ofType: null});
const field = (name, type) => ({name, description: null, args: [], type, isDeprecated: false, deprecationReason: null});
const type = (kind, name, fields) => ({kind, name, description: null, fields, inputFields: null, interfaces: kind === 'OBJECT' ? [] : null,
  enumValues: null, possibleTypes: null});
const TEA_SCHEMA = {
  queryType: {name: 'Query'}, mutationType: null, subscriptionType: null, directives: [],
  types: [type('OBJECT', 'Query', [field('tea', named('OBJECT', 'Tea')), field('shop', named('SCALAR', 'String'))]),
    type('OBJECT', 'Tea', [field('name', named('SCALAR', 'String')), field('origin', named('SCALAR', 'String'))]),
    type('SCALAR', 'String', null), type('SCALAR', 'Boolean', null)],
};
function teaFetcher(asked) {
  const answer = /__schema/.test(asked.query) ? {data: {__schema: TEA_SCHEMA}} : {data: {tea: {name: 'Sencha', origin: 'Japan'}}};
  return Promise.resolve(answer);
}
