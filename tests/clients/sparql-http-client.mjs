// node sparql-http-client.mjs ENDPOINT GRAPHS: each operation of the protocol, and the graph store.
import ParsingClient from "sparql-http-client/ParsingClient.js";
import StreamClient from "sparql-http-client/StreamClient.js";

const [endpointUrl, storeUrl] = process.argv.slice(2);
const { query } = new ParsingClient({ endpointUrl });
const prefixes = "PREFIX pac: <https://w3id.org/pac/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> ";

const said = {};
for (const operation of ["get", "postUrlencoded", "postDirect"]) {
  const how = { operation };
  const rows = await query.select(
    prefixes + "SELECT ?s ?l { ?s a pac:Event ; rdfs:label ?l } ORDER BY ?s LIMIT 5", how);
  const graph = await query.construct(
    prefixes + "CONSTRUCT { ?s rdfs:label ?l } WHERE { ?s a pac:Event ; rdfs:label ?l }", how);
  said[operation] = {
    select: rows.map((row) => ({ s: row.s.value, l: row.l.value })),
    ask: await query.ask(prefixes + "ASK { ?s a pac:Event }", how),
    construct: graph.size,
  };
}

said.store = 0;
const { store } = new StreamClient({ endpointUrl, storeUrl });
for await (const _ of store.get({ termType: "NamedNode", value: "https://w3id.org/pac/ns" })) said.store += 1;

said.error = await query.select("SELECT * { ?s a x:y }").then(() => null, (error) => error.message);
console.log(JSON.stringify(said));
