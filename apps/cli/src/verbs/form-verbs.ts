/** `murram form …`: XLSForm workbooks and XForms. */
import type { Command } from 'commander'
import type { FormPreviewOptions } from '../commands/form-preview.ts'
import type { FormValidateOptions } from '../commands/form-validate.ts'
import { examples, whole, port, run } from './declare-verb.ts'

export function addFormVerbs(program: Command): void {
  const form = program.command('form').description('forms: XLSForm workbooks and XForms')
  form
    .command('check')
    .argument('<file...>', '.xlsx, .xls, .csv or .md (XLSForm), .xml (XForm), or a folder of them')
    .description('does a form convert and compile? Names the cell at fault and what to do')
    .option('--xform <file>', 'write the converted XForm; with several forms a folder')
    .option('--json', 'one JSON object a file')
    .addHelpText(
      'after',
      examples([
        'murram form check household.xlsx',
        'murram form check household.xlsx --xform household.xml',
        'murram form check forms/ --json | jq -c "select(.ok|not)"',
      ]),
    )
    .action(
      run(async (files: string[], options: { json?: boolean; xform?: string }) =>
        (await import('../commands/form-check.ts')).formCheck(files, options),
      ),
    )
  form
    .command('validate')
    .argument('<form>', '.xlsx, .xls, .csv or .md (XLSForm), .xml (XForm), or .json (a program)')
    .description('do these records follow the form? Names the record, the field and what is wrong')
    .requiredOption(
      '--records <file>',
      '.csv (also as ODK Central and Kobo export it), .json, .jsonl, an instance as .xml, or a folder of these',
    )
    .option('--threads <n>', 'how many threads check; one a processor if absent', whole)
    .option('--json', 'one JSON object a record')
    .addHelpText(
      'after',
      examples([
        'murram form validate household.xlsx --records household.csv',
        'murram form validate household.xml --records instances/ --json | jq -c "select(.ok|not)"',
      ]),
    )
    .action(
      run(async (file: string, options: FormValidateOptions) =>
        (await import('../commands/form-validate.ts')).formValidate(file, options),
      ),
    )
  form
    .command('diff')
    .argument('<old>', 'the version in the field')
    .argument('<new>', 'the version to come')
    .description('what a new version breaks: for drafts, for exports, for models')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples([
        'murram form diff household-1.xlsx household-2.xlsx',
        'murram form diff old.xml new.xml --json | jq ".changes[] | select(.severity == \\"breaks\\")"',
      ]),
    )
    .action(
      run(async (older: string, newer: string, options: { json?: boolean }) =>
        (await import('../commands/form-diff.ts')).formDiff(older, newer, options),
      ),
    )
  form
    .command('preview')
    .argument('<file>', '.xlsx, .xls, .csv or .md (XLSForm), or .xml (XForm)')
    .description('the form in the browser, as an officer will see it; it follows each save of the file')
    .option('--port <n>', 'of the page, on this machine only (0: any)', port, 0)
    .option('--no-open', 'print the address and open no browser')
    .option('--json', 'one JSON object when the page is up')
    .addHelpText(
      'after',
      examples(['murram form preview household.xlsx', 'murram form preview household.xml --port 4000 --no-open']),
    )
    .action(
      run(async (file: string, options: FormPreviewOptions) =>
        (await import('../commands/form-preview.ts')).formPreview(file, options),
      ),
    )
}
