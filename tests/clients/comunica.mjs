// node comunica.mjs ENDPOINT: the endpoint as Comunica finds it by its description, then named as one, then beside another source.
import { QueryEngine } from "@comunica/query-sparql";

const engine = new QueryEngine();
const value = process.argv[2];
const prefixes = "PREFIX pac: <https://w3id.org/pac/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> ";
const rows = async (text, sources) => {
  const stream = await engine.queryBindings(prefixes + text, { sources });
  return (await stream.toArray()).map((row) => Object.fromEntries([...row].map(([k, v]) => [k.value, v.value])));
};

const said = {};
for (const [name, sources] of Object.entries({ found: [value], named: [{ type: "sparql", value }] })) {
  const graph = await engine.queryQuads(
    prefixes + "CONSTRUCT { ?s rdfs:label ?l } WHERE { ?s a pac:Event ; rdfs:label ?l }", { sources });
  said[name] = {
    select: await rows("SELECT ?s ?l { ?s a pac:Event ; rdfs:label ?l } ORDER BY ?s LIMIT 5", sources),
    ask: await engine.queryBoolean(prefixes + "ASK { ?s a pac:Event }", { sources }),
    construct: (await graph.toArray()).length,
  };
}

const notes = `@prefix pac: <https://w3id.org/pac/ns#> . pac:Event <https://reader.example/note> "mine" .`;
const note = { type: "serialized", value: notes, mediaType: "text/turtle", baseIRI: "https://reader.example/" };
said.beside = await rows(
  "SELECT ?s ?note { ?s a ?class . ?class <https://reader.example/note> ?note } LIMIT 5", [value, note]);

said.error = await rows("SELECT * { ?s pac:label ?o FILTER(<urn:no-function>(?o)) }", [value]).then(
  () => null, (error) => String(error));
console.log(JSON.stringify(said));
