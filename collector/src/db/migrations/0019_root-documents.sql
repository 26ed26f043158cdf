CREATE TABLE "root_documents" (
	"version" integer PRIMARY KEY NOT NULL,
	"signed" json NOT NULL,
	"published_at_ms" bigint NOT NULL
);
