import type { StaffNotices } from '../../notices/staff.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { date, days, period, reading } = wordsIn('hi')

const forWhom = (plantCode: string, subjectId: string | undefined): string =>
  subjectId === undefined ? plantCode : `${plantCode}, ${subjectId}`

/** Hindi texts to staff. */
export const staff: TextsOf<StaffNotices> = {
  'task-assigned': (p) => ({
    subject: `नया काम ${p.taskId}`,
    body: `काम ${p.taskId} आपको दिया गया है: ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)})। कृपया ${date(p.dueOn)} तक पूरा करें।`,
  }),
  'task-reminder': (p) => ({
    subject: `याद रखें: काम ${p.taskId}`,
    body: `काम ${p.taskId} अभी बाकी है: ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)})। इसे ${date(p.dueOn)} तक पूरा करना है।`,
  }),
  'task-escalated': (p) => ({
    subject: `काम ${p.taskId} अभी तक नहीं हुआ`,
    body: `${days(p.openDays)} से बाकी है: काम ${p.taskId}, ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)}), अंतिम तारीख ${date(p.dueOn)}। कृपया इसे किसी और को सौंपें या स्वयं देखें।`,
  }),
  'task-rejected-back': (p) => ({
    subject: `काम ${p.taskId} वापस आया`,
    body: sentences(
      `जाँच के बाद काम ${p.taskId} आपको वापस भेजा गया है: ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)})। कृपया ${date(p.dueOn)} तक पूरा करें।`,
      p.note !== undefined && `टिप्पणी: ${p.note}`,
    ),
  }),
  'task-withdrawn': (p) => ({
    subject: `काम ${p.taskId} रद्द`,
    body: `काम ${p.taskId} की अब ज़रूरत नहीं है: ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)}), अंतिम तारीख ${date(p.dueOn)}। कृपया इसे न करें।`,
  }),
  'decision-needed': (p) => ({
    subject: `फ़ैसला चाहिए: ${p.requestId}`,
    body: `कृपया ${date(p.decideBy)} तक फ़ैसला करें: ${labels.decision[p.decision]}, ${p.requestId} (${forWhom(p.plantCode, p.subjectId)})।`,
  }),
  'correction-not-made': (p) => ({
    subject: `सुधार ${p.requestId} नहीं हुआ`,
    body: p.isRefused
      ? `सुधार ${p.requestId} (${forWhom(p.plantCode, p.subjectId)}) अस्वीकार हुआ है। कृपया कारण पढ़ें।`
      : `सुधार ${p.requestId} (${forWhom(p.plantCode, p.subjectId)}) को मंज़ूरी मिली, पर तब तक सुधारने को कुछ नहीं बचा था। कृपया खाता फिर से देखें।`,
  }),
  'reading-needs-review': (p) => ({
    subject: `रीडिंग की जाँच: ${p.customerId}`,
    body: `कृपया ${p.customerId} के मीटर ${p.meterSerial} की ${period(p.period)} की रीडिंग जाँचें (काम ${p.taskId}): पहले ${reading(p.previousReadingWh)}, अब ${reading(p.presentReadingWh)} यूनिट; ${labels.doubt[p.doubt]}।`,
  }),
  'meter-away': (p) => ({
    subject: `मीटर से संपर्क नहीं: ${p.meterSerial}`,
    body: `${p.customerId} (${p.plantCode}) के मीटर ${p.meterSerial} से ${days(p.silentDays)} से संपर्क नहीं हुआ है और उसके लिए कमांड रुकी हुई है। कृपया मीटर की जाँच कराएँ।`,
  }),
  'meter-refused': (p) => ({
    subject: `मीटर ने कमांड नहीं मानी: ${p.meterSerial}`,
    body: `${p.customerId} (${p.plantCode}) के मीटर ${p.meterSerial} ने कमांड नहीं मानी। यह काम हाथ से करने के लिए तकनीशियन को दिया गया है (काम ${p.taskId})। कृपया देखें कि यह पूरा हो जाए।`,
  }),
  'process-assigned': (p) => ({
    subject: `आपके फ़ैसले के लिए: ${p.requestId}`,
    body: `${p.requestId} (${forWhom(p.plantCode, p.subjectId)}), ${labels.process[p.process]}: यह काम आपको सौंपा गया है। कृपया इसे देखें।`,
  }),
  'process-reminder': (p) => ({
    subject: `याद रखें: ${p.requestId}`,
    body: `${p.requestId} (${forWhom(p.plantCode, p.subjectId)}), ${labels.process[p.process]}: यह काम ${days(p.waitedDays)} से आपके पास रुका हुआ है। कृपया इसे देखें।`,
  }),
  'process-escalated': (p) => ({
    subject: `अभी भी रुका हुआ: ${p.requestId}`,
    body: `${p.requestId} (${forWhom(p.plantCode, p.subjectId)}), ${labels.process[p.process]}: यह काम ${days(p.waitedDays)} से रुका हुआ है। कृपया इसे किसी को सौंपें या स्वयं देखें।`,
  }),
  'books-differ': (p) => ({
    subject: `हिसाब में अंतर: ${p.plantCode}`,
    body: `${p.plantCode} के ${date(p.day)} के हिसाब के मिलान में अंतर मिला: नए मामले ${p.newCases}, कुल खुले मामले ${p.openCases}। कृपया इन्हें देखें।`,
  }),
  'payment-set-aside': (p) => ({
    subject: `भुगतान की जाँच: ${p.reference}`,
    body: `भुगतान ${p.reference} (${p.plantCode}) के बारे में ${p.providerCode} की सूचना अलग रखी गई है: ${labels.setAside[p.reason]}। इसके लिए कुछ भी दर्ज नहीं हुआ। कृपया सूचना ${p.noticeId} तुरंत देखें।`,
  }),
  'process-parked': (p) => ({
    subject: `रुका हुआ काम: ${p.requestId}`,
    body: `${p.requestId} (${p.plantCode}), ${labels.process[p.process]}: यह काम अपने आप आगे नहीं बढ़ सकता। कृपया कारण देखें, ठीक करें और दोबारा चलाएँ।`,
  }),
}
