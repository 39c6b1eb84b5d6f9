"""Who may call each operation: a power, one of several, anybody who is known, or everybody."""

from typing import Final

from app.access.principal import Power

PUBLIC: Final = None
BY_SIDES: Final = frozenset({Power.REPORT, Power.REVIEW})
"""What two sides do, each with its own power: who has either is let in."""
BY_WHO_ENTERS: Final = frozenset({Power.REPORT, Power.ORGANIZE})
"""What a table holds are records or the organizations themselves."""
RULES: Final[dict[str, Power | frozenset[Power] | str | None]] = {
    **dict.fromkeys(("getLiveness", "getReadiness"), PUBLIC),
    **dict.fromkeys(("createToken", "revokeToken"), PUBLIC),
    **dict.fromkeys(("getAuthorizationServer", "getKeySet"), PUBLIC),
    **dict.fromkeys(("getMe", "listCodeLists", "getCodeList"), "anyone"),
    **dict.fromkeys(
        ("listClients", "createClient", "getClient", "updateClient", "listKeys", "createKey",
         "getKey", "rotateKey", "revokeKey", "listGrants", "createGrant", "getGrant",
         "deleteGrant", "erasePerson"),
        Power.SECURE,
    ),
    **dict.fromkeys(("listAuditEvents", "listAuditSeals"), Power.AUDIT),
    **dict.fromkeys(
        ("listActivities", "getActivity", "listActivityReviews", "getActivityHistory",
         "listAttachments", "getAttachment", "downloadAttachment", "listCampaigns",
         "getCampaign", "listCampaignCodeLists", "getCampaignCodeList", "listRequirements",
         "getRequirement", "listJobs", "getJob", "listLeaderRecords", "getLeaderRecord",
         "listLeaderRecordReviews", "getLeaderRecordHistory", "listObligations", "getObligation",
         "listUnits", "getUnit", "listBranches", "getBranch", "listLeaders", "getLeader",
         "getSecondPosts", "listBranchLeaders", "getProgress", "getProgressTimeline",
         "listReports", "getReport", "listReportReviews", "getReportHistory",
         "listSimilarReports", "listFindings", "getFinding", "listOpinions", "getOpinion",
         "getOpinionHistory", "listInspections", "getInspection", "getInspectionHistory",
         "listReminders", "getAdoptedFeed", "listSnapshots", "getSnapshot",
         "listExemptionProposals", "listSupplements", "getSupplement", "getNotice",
         "listReceipts", "countReceipts", "createExport", "listExports", "getExport",
         "listChanges", "downloadExport", "watchExport", "cancelExport", "listImports",
         "getImport", "getImportResult", "getImportTemplate", "getCoverage",
         "listMissingOrganizations", "listUrging", "getActivityEffects",
         "getLeaderRecordEffects", "getInspectionEffects", "getReportEffects", "listNearMisses",
         "listDelegateOffices", "getDelegateOffice", "listOfficeReceptions", "getOfficeCounts",
         "listMyTasks", "getThreeOnes", "listWebhookEndpoints", "createWebhookEndpoint",
         "getWebhookEndpoint", "updateWebhookEndpoint", "deleteWebhookEndpoint",
         "rotateWebhookSecret", "pauseWebhookEndpoint", "resumeWebhookEndpoint",
         "testWebhookEndpoint", "listWebhookDeliveries", "getWebhookDelivery",
         "replayWebhookDelivery"),
        Power.VIEW,
    ),
    **dict.fromkeys(
        ("createFinding", "putFinding", "updateFinding", "moveFinding", "moveFindings",
         "passOnOpinion", "createInspection", "putInspection", "updateInspection",
         "withdrawInspection", "moveFollowUp", "exemptObligation", "liftExemption"),
        BY_SIDES,
    ),
    **dict.fromkeys(
        ("createActivity", "createActivities", "putActivity", "updateActivity", "deleteActivity",
         "submitActivity", "withdrawActivity", "createAttachment", "deleteAttachment",
         "createLeaderRecord", "createLeaderRecords", "putLeaderRecord", "updateLeaderRecord",
         "deleteLeaderRecord", "submitLeaderRecord", "withdrawLeaderRecord", "createReport",
         "createReports", "putReport", "updateReport", "deleteReport", "submitReport",
         "withdrawReport", "createOpinion", "putOpinion", "updateOpinion", "answerFollowUp",
         "askFindingExtension", "askOpinionExtension", "askFollowUpExtension",
         "disputeLeaderRecord", "createReceipt", "createReceipts", "createDelegateOffice",
         "putDelegateOffice", "updateDelegateOffice", "deleteDelegateOffice",
         "closeDelegateOffice", "reopenDelegateOffice"),
        Power.REPORT,
    ),
    **dict.fromkeys(("createImport", "applyImport", "cancelImport"), BY_WHO_ENTERS),
    **dict.fromkeys(
        ("reviewActivity", "reviewLeaderRecord", "reviewReport", "selectReport",
         "deselectReport", "adoptReport", "removeAdoption", "dispatchReport", "updateDispatch",
         "removeDispatch", "decideExemption", "decideDispute", "decideFindingExtension",
         "decideOpinionExtension", "passOnFinding", "decideFollowUpExtension", "issueSnapshot",
         "passOnFollowUp", "reviewActivities", "reviewLeaderRecords", "reviewReports"),
        Power.REVIEW,
    ),
    **dict.fromkeys(
        ("createUnit", "createUnits", "replaceUnit", "updateUnit", "deleteUnit", "moveUnit",
         "closeUnit", "reopenUnit", "mergeUnit", "mergeBranch", "splitUnit", "splitBranch",
         "createBranch", "createBranches", "replaceBranch", "updateBranch", "deleteBranch",
         "moveBranch", "closeBranch", "reopenBranch", "createLeader", "createLeaders",
         "replaceLeader", "updateLeader", "deleteLeader", "transferLeader", "beginSecondPost",
         "endSecondPost", "createCampaign", "updateCampaign", "replaceCampaign",
         "deleteCampaign", "openCampaign", "closeCampaign", "reopenCampaign",
         "replaceCampaignCodeList", "createRequirement", "updateRequirement",
         "decideRequirement", "deleteRequirement", "createSupplement", "decideSupplement",
         "updateSupplement", "endSupplement", "updateNotice"),
        Power.ORGANIZE,
    ),
}  # fmt: skip
