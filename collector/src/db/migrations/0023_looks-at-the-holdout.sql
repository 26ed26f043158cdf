CREATE TABLE "holdout_looks" (
	"run_id" text PRIMARY KEY NOT NULL,
	"model_name" text NOT NULL,
	"stake" double precision NOT NULL,
	"holdout" integer NOT NULL,
	"fresh" integer NOT NULL,
	"is_promoted" boolean NOT NULL,
	"at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "looked_at" (
	"model_name" text NOT NULL,
	"instance_id" text NOT NULL,
	"looks" integer NOT NULL,
	CONSTRAINT "looked_at_model_name_instance_id_pk" PRIMARY KEY("model_name","instance_id")
);
--> statement-breakpoint
ALTER TABLE "candidates" ADD COLUMN "approval" json;--> statement-breakpoint
CREATE INDEX "holdout_looks_model" ON "holdout_looks" USING btree ("model_name","at_ms");