CREATE TABLE "distinctions" (
	"instance_id" text PRIMARY KEY NOT NULL,
	"low" text NOT NULL,
	"high" text NOT NULL,
	"stamp" text NOT NULL,
	"undone" boolean NOT NULL,
	"live" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE INDEX "distinctions_pair" ON "distinctions" USING btree ("low","high");