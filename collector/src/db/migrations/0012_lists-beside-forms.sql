CREATE TABLE "form_lists" (
	"form_id" text NOT NULL,
	"version" text NOT NULL,
	"name" text NOT NULL,
	"number" integer NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" integer NOT NULL,
	"rows" integer NOT NULL,
	"published_at_ms" bigint NOT NULL,
	CONSTRAINT "form_lists_form_id_version_name_number_pk" PRIMARY KEY("form_id","version","name","number")
);
